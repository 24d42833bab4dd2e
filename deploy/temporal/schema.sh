#!/bin/sh
# Creates or upgrades Temporal's databases, as the settings SQL_* of
# temporal-sql-tool say. Every step may be repeated.
set -eu

for kind in temporal visibility; do
  case "$kind" in
    temporal) database=temporal ;;
    visibility) database=temporal_visibility ;;
  esac
  temporal-sql-tool --database "$database" create-database
  temporal-sql-tool --database "$database" setup-schema -v 0.0
  temporal-sql-tool --database "$database" update-schema --schema-name "postgresql/v12/$kind"
done
