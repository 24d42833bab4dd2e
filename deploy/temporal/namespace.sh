#!/bin/sh
# Creates the namespace TEMPORAL_NAMESPACE when it does not exist. Compose
# starts this again while the server is still coming up.
set -eu

temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "${RETENTION:-720h}"
