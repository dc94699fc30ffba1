"""Plants small defects in the modules that carry money, rights, dates and messages, and counts those that the tests notice."""
