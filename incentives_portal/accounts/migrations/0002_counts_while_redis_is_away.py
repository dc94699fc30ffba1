from django.db import migrations

# The table of django.core.cache.backends.db.DatabaseCache, as `createcachetable` makes it; only used while Redis does not answer.
CREATE = """
CREATE TABLE cache_while_redis_is_away (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX cache_while_redis_is_away_expires ON cache_while_redis_is_away (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_accounts")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE cache_while_redis_is_away")]
