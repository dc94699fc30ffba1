// Uploads files before their form is sent, two at a time, with progress. The form sends a token for each stored file, so a form that fails
// keeps its files. The state of a file that takes long to check is polled; the form can be sent meanwhile.
// Without this script the form sends the files itself.
"use strict";

const AT_ONCE = 2;
const ASK_AFTER = 2000, ASK_AT_MOST = 60; // milliseconds between two requests, and their number

class Upload {
  constructor(box, file) {
    this.box = box;
    this.file = file;
    this.row = box.template.content.firstElementChild.cloneNode(true);
    this.part(".name").textContent = file.name;
    this.part(".size").textContent = sizeOf(file);
    this.part("progress").setAttribute("aria-label", file.name);
    for (const name of this.row.querySelectorAll(".of")) name.textContent = ` ${file.name}`;
    this.part(".retry").addEventListener("click", () => this.again());
    this.part(".remove").addEventListener("click", () => this.remove());
    this.become("waits");
  }

  part(selector) { return this.row.querySelector(selector); }

  // state: waits, sending, checking (stored, and the form may be sent), stored, failed (may be retried) or refused (may not).
  become(state, text) {
    this.state = state;
    this.part(".state").textContent = text || this.box.words[state];
    this.part(".state").className = `state ${{ stored: "good strong", failed: "bad strong", refused: "bad strong" }[state] || ""}`;
    this.part("progress").hidden = state !== "waits" && state !== "sending" && state !== "checking";
    if (state === "checking") this.part("progress").removeAttribute("value"); // its progress is unknown
    this.part(".retry").hidden = state !== "failed";
    if (text || state === "stored" || state === "checking") this.box.say(`${this.file.name}: ${text || this.box.words[state]}`);
  }

  get isOpen() { return this.state === "waits" || this.state === "sending"; }
  get isThere() { return this.state === "stored" || this.state === "checking"; }
  get isBad() { return this.state === "failed" || this.state === "refused"; }

  again() {
    this.become("waits");
    this.part(".remove").focus();
    this.box.next();
  }

  remove() {
    if (this.request) this.request.abort();
    clearTimeout(this.timer);
    this.row.remove();
    this.box.drop(this);
    this.box.input.focus();
  }

  send() {
    const data = new FormData(), request = this.request = new XMLHttpRequest();
    data.append("csrfmiddlewaretoken", this.box.form.elements.csrfmiddlewaretoken.value);
    data.append("slot", this.box.element.dataset.slot);
    data.append("file", this.file);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      this.part("progress").value = event.lengthComputable ? 100 * event.loaded / event.total : 0;
    });
    request.addEventListener("load", () => this.answered(request));
    request.addEventListener("error", () => this.end("failed"));
    request.open("POST", this.box.element.dataset.upload);
    request.send(data);
    this.become("sending");
  }

  answered(request) {
    const answer = request.response || {};
    if (request.status === 200 && answer.token) {
      this.token = document.createElement("input");
      Object.assign(this.token, { type: "hidden", name: `${this.box.input.name}-kept`, value: answer.token });
      this.row.append(this.token);
      this.end(...this.verdict(answer));
    } else if (request.status === 422 && answer.message) {
      this.end("refused", answer.message);
    } else if (request.status === 413) { // may also come from a proxy with its own limit
      this.end("refused", this.box.words.large);
    } else {
      this.end("failed");
    }
  }

  // Return the state of a stored file's check; without a verdict the server is asked again later.
  verdict(answer, asked = 0) {
    if (answer.state !== "pending") return ["stored"];
    if (asked < ASK_AT_MOST) this.timer = setTimeout(() => this.ask(asked + 1), ASK_AFTER);
    return ["checking", answer.notice];
  }

  async ask(asked) {
    const { answer, status } = await this.box.stateOf(this.token.value);
    if (!this.row.isConnected) return;
    if (status === 422 && answer.message) {
      this.token.remove();
      this.end("refused", answer.message);
    } else {
      const [state, text] = this.verdict(status === 200 ? answer : { state: "pending" }, asked);
      if (state === "stored") this.end(state, text);
    }
  }

  end(state, text) {
    this.request = null;
    if (state === "stored" || state === "checking") this.box.forgetErrors();
    this.become(state, text);
    this.box.next();
  }
}

class UploadBox {
  constructor(element) {
    this.element = element;
    this.words = element.dataset;
    this.input = element.querySelector("input[type=file]");
    this.form = this.input.form;
    this.template = element.querySelector("template");
    this.status = element.querySelector("[role=status]");
    this.isRequired = this.input.required;
    this.uploads = [];
    this.refused = [];
    this.list = document.createElement("ul");
    this.list.className = "files";
    this.list.hidden = true;
    this.status.before(this.list);
    this.input.addEventListener("change", () => this.take([...this.input.files]));
    this.form.addEventListener("submit", (event) => this.beforeSubmit(event));
    for (const kept of this.form.querySelectorAll(`input[data-pending][name="${this.input.name}-kept"]`)) this.follow(kept);
  }

  async stateOf(token) {
    let answer = {}, status = 0;
    try {
      const response = await fetch(`${this.element.dataset.state}?token=${encodeURIComponent(token)}`);
      status = response.status;
      answer = await response.json();
    } catch { /* retried later */ }
    return { answer, status };
  }

  // Poll the state of a file that the form kept before its check was complete, and update its row.
  follow(kept, asked = 1) {
    setTimeout(async () => {
      const { answer, status } = await this.stateOf(kept.value), state = kept.closest("li").querySelector(".state");
      const isStored = status === 200 && answer.state !== "pending", isRefused = status === 422 && answer.message;
      if (!isStored && !isRefused) return asked < ASK_AT_MOST && this.follow(kept, asked + 1);
      state.textContent = isStored ? this.words.stored : answer.message;
      state.className = `state ${isStored ? "good" : "bad"} strong`;
      if (isRefused) {
        kept.checked = false;
        kept.disabled = true;
      }
      this.say(isStored ? `${answer.name}: ${this.words.stored}` : answer.message);
    }, ASK_AFTER);
  }

  // Show a message; while the form waits for its files, add that it is waiting.
  say(text) { this.status.textContent = [text, this.submitter !== undefined && this.words.wait].filter(Boolean).join(" · "); }

  take(files) {
    this.input.value = ""; // this script sends the files, so the form must not send them again
    if (!this.input.multiple) this.clear();
    this.refused = this.uploads.filter((upload) => upload.state === "refused");
    for (const file of files) this.add(new Upload(this, file));
    this.next();
  }

  // In an input for one file, a new file replaces the previous one, including one that the form kept.
  clear() {
    for (const upload of [...this.uploads]) upload.remove();
    for (const kept of this.element.querySelectorAll("input[type=checkbox]")) kept.checked = false;
  }

  add(upload) {
    const good = this.uploads.filter((other) => !other.isBad), { maxBytes, maxFiles, maxTotal } = this.element.dataset;
    const held = `input[type=checkbox][name="${this.input.name}-kept"]:checked`; // some pages show kept files elsewhere in the form
    const kept = [...this.form.querySelectorAll(held)].map((box) => Number(box.dataset.size));
    const total = [...kept, ...good.map((other) => other.file.size)].reduce((sum, size) => sum + size, upload.file.size);
    this.uploads.push(upload);
    this.list.append(upload.row);
    if (upload.file.size > Number(maxBytes)) upload.become("refused", this.words.large);
    else if (good.length + kept.length + 1 > Number(maxFiles) || total > Number(maxTotal)) upload.become("refused", this.words.many);
  }

  // A new file was stored: remove earlier refused files and the field's error messages.
  forgetErrors() {
    for (const upload of this.refused) upload.row.remove();
    this.uploads = this.uploads.filter((upload) => !this.refused.includes(upload));
    this.refused = [];
    for (const error of this.element.parentElement.querySelectorAll(".invalid-feedback")) {
      const described = (this.input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id !== error.id);
      this.input.setAttribute("aria-describedby", described.join(" "));
      error.remove();
    }
    for (const marked of [this.element, this.input]) marked.classList.remove("is-invalid");
    this.input.removeAttribute("aria-invalid");
    const summed = document.querySelectorAll("#error-summary li");
    if (summed.length === 1 && summed[0].querySelector(`a[href="#${this.input.id}"]`)) document.querySelector("#error-summary").remove();
  }

  drop(upload) {
    this.uploads = this.uploads.filter((other) => other !== upload);
    this.next();
  }

  next() {
    const sending = this.uploads.filter((upload) => upload.state === "sending").length;
    for (const upload of this.uploads.filter((other) => other.state === "waits").slice(0, AT_ONCE - sending)) upload.send();
    this.list.hidden = !this.uploads.length;
    this.input.required = this.isRequired && !this.uploads.some((upload) => upload.isThere);
    if (this.submitter !== undefined && !this.uploads.some((upload) => upload.isOpen)) {
      const submitter = this.submitter;
      this.submitter = undefined;
      this.form.requestSubmit(submitter);
    }
  }

  // Delay sending the form until its files are uploaded; do not send it without a file that failed.
  beforeSubmit(event) {
    const bad = this.uploads.find((upload) => upload.isBad);
    if (this.uploads.some((upload) => upload.isOpen)) {
      event.preventDefault();
      this.submitter = event.submitter;
      this.say("");
    } else if (bad) {
      event.preventDefault();
      this.say(this.words.mend);
      bad.part(bad.state === "failed" ? ".retry" : ".remove").focus();
    }
  }
}

for (const element of document.querySelectorAll("[data-upload]")) new UploadBox(element);
