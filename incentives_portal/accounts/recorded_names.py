"""How the database keeps the names of people as they were when they acted (``RecordedName``), so that they can be erased."""

import pgtrigger

from incentives_portal.chain import sha256_sql
from incentives_portal.installation.triggers import OwnersGuard

#: The digest that a history keeps of a name: nobody finds the name from it without the salt.
DIGEST_OF_NAME = sha256_sql("encode({salt}, 'hex') || ' ' || {name}")

#: Trigger of RecordedName: a name may be deleted, but not become another.
NOT_CHANGED = OwnersGuard(
    name="not_changed",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="RAISE EXCEPTION 'A recorded name is never changed, only erased';",
)


def name_trigger(actor: str, digest: str) -> OwnersGuard:
    """Return the trigger that fills in the digest of the actor's present name, for rows of a history.

    The name is recorded where it is new. A row without an actor is not changed. ``actor`` and ``digest``
    are columns. Its name puts the trigger before that of the chain: PostgreSQL goes by the alphabet.
    """
    return OwnersGuard(
        name="actor_name",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("actor", "record"), ("random", "bytea")],
        func=f"""
            IF NEW.{actor} IS NULL THEN
                RETURN NEW;
            END IF;
            SELECT id, name INTO actor FROM accounts_user WHERE id = NEW.{actor};
            SELECT digest INTO NEW.{digest} FROM accounts_recordedname WHERE user_id = actor.id AND name = actor.name;
            IF NOT FOUND THEN
                random = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
                INSERT INTO accounts_recordedname (user_id, name, salt, digest)
                VALUES (actor.id, actor.name, random, {DIGEST_OF_NAME.format(salt="random", name="actor.name")})
                ON CONFLICT (user_id, name) DO NOTHING;
                SELECT digest INTO NEW.{digest} FROM accounts_recordedname WHERE user_id = actor.id AND name = actor.name;
            END IF;
            RETURN NEW;
        """,  # noqa: S608  (constants)
    )
