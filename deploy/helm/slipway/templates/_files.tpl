{{/*
The Secrets that a component has as files below /run/slipway, each with the variables that name them; takes root, name, is and own.
*/}}
{{- define "slipway.files" -}}
{{- $v := .root.Values -}}
files:
{{- if .is.nats }}
{{- with .own.natsSecret | default $v.nats.secret }}
{{- if eq $v.nats.login "creds" }}
- {name: nats, secret: {{ . }}, variables: {NATS_CREDS: nats.creds}}
{{- else if eq $v.nats.login "nkey" }}
- {name: nats, secret: {{ . }}, variables: {NATS_NKEY: nats.nkey}}
{{- else if eq $v.nats.login "settings" }}
- {name: nats, secret: {{ . }}, variables: {SLIPWAY_CONFIG: settings.yaml}}
{{- end }}
{{- end }}
{{- with $v.nats.tls.caSecret }}
- {name: nats-ca, secret: {{ . }}, variables: {NATS_CA: ca.crt}}
{{- end }}
{{- with $v.nats.tls.clientSecret }}
- {name: nats-client, secret: {{ . }}, variables: {NATS_CERT: tls.crt, NATS_KEY: tls.key}}
{{- end }}
{{- end }}
{{- if .is.temporal }}
{{- with $v.temporal.tls.caSecret }}
- {name: temporal-ca, secret: {{ . }}, variables: {TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca.crt}}
{{- end }}
{{- with $v.temporal.tls.clientSecret }}
- {name: temporal-client, secret: {{ . }}, variables: {TEMPORAL_TLS_CLIENT_CERT_PATH: tls.crt, TEMPORAL_TLS_CLIENT_KEY_PATH: tls.key}}
{{- end }}
{{- with $v.temporal.profileSecret }}
- {name: temporal, secret: {{ . }}, variables: {TEMPORAL_CONFIG_FILE: temporal.toml}}
{{- end }}
{{- end }}
{{- if .is.keys }}
{{- with $v.payloadKeys.secret }}
- {name: payload-keys, secret: {{ . }}, variables: {SLIPWAY_PAYLOAD_KEYS: ""}}
{{- end }}
{{- end }}
{{- if has .name (list "console" "notifier") }}
{{- with $v.linkKeySecret }}
- {name: link, secret: {{ . }}, variables: {SLIPWAY_LINK_KEY_FILE: link-key}}
{{- end }}
{{- end }}
{{- if eq .name "worker" }}
{{- with .own.alibaba.profileSecret }}
- {name: alibaba, secret: {{ . }}, variables: {ALIBABA_CLOUD_CREDENTIALS_FILE: credentials}}
{{- end }}
{{- else if eq .name "starter" }}
{{- with .own.registryAuthSecret }}
- {name: registry, secret: {{ . }}, variables: {SLIPWAY_REGISTRY_AUTH: .dockerconfigjson}}
{{- end }}
{{- else if eq .name "console" }}
{{- with .own.tokensSecret }}
- {name: console-tokens, secret: {{ . }}, variables: {SLIPWAY_CONSOLE_TOKENS_FILE: tokens}}
{{- end }}
{{- with .own.oidcSecret }}
- {name: console-oidc, secret: {{ . }}, variables: {SLIPWAY_CONSOLE_OIDC_CLIENT_SECRET_FILE: client-secret}}
{{- end }}
{{- else if eq .name "hooks" }}
{{- $variables := dict "SLIPWAY_HOOKS_SECRET_FILE" "path-secret" }}
{{- range $sender, $variable := dict "harbor" "SLIPWAY_HARBOR_TOKEN_FILE=harbor-token" "generic" "SLIPWAY_GENERIC_KEY_FILE=generic-key" "cdevents" "SLIPWAY_CDEVENTS_TOKEN_FILE=cdevents-token" }}
{{- if has $sender $.own.senders }}
{{- $parts := splitList "=" $variable }}
{{- $_ := set $variables (first $parts) (last $parts) }}
{{- end }}
{{- end }}
- {name: hooks, secret: {{ .own.secret }}, variables: {{ $variables | toJson }}}
{{- else if eq .name "notifier" }}
- {name: notifier, secret: {{ .own.filesSecret }}, variables: {SLIPWAY_NOTIFICATIONS: notifications.yaml}}
{{- else if eq .name "codec-server" }}
- {name: codec, secret: {{ .own.tokenSecret }}, variables: {SLIPWAY_CODEC_TOKEN_FILE: token}}
{{- end }}
{{- end -}}

{{/* The variables of a component but those of files, with their values; takes root, name, is and own. */}}
{{- define "slipway.variables" -}}
{{- $v := .root.Values -}}
{{- if ne .name "setup" }}
SLIPWAY_HTTP_ADDR: 0.0.0.0:8080
{{- end }}
{{- if .is.temporal }}
TEMPORAL_ADDRESS: {{ $v.temporal.address | quote }}
{{- if $v.temporal.tls.enabled }}
TEMPORAL_TLS: "true"
{{- with $v.temporal.tls.serverName }}
TEMPORAL_TLS_SERVER_NAME: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if or .is.temporal (eq .name "codec-server") }}
TEMPORAL_NAMESPACE: {{ $v.temporal.namespace | quote }}
{{- end }}
{{- if .is.nats }}
NATS_URL: {{ $v.nats.url | quote }}
{{- end }}
{{- if .is.keys }}
{{- with $v.payloadKeys.key }}
SLIPWAY_PAYLOAD_KEY: {{ . | quote }}
{{- end }}
{{- end }}
{{- if has .name (list "console" "notifier") }}
{{- with $v.consoleUrl }}
SLIPWAY_CONSOLE_URL: {{ . | quote }}
{{- end }}
{{- end }}
{{- if eq .name "worker" }}
{{- with .own.alibaba.rrsa.roleArn }}
ALIBABA_CLOUD_ROLE_ARN: {{ . | quote }}
ALIBABA_CLOUD_OIDC_PROVIDER_ARN: {{ $.own.alibaba.rrsa.providerArn | quote }}
ALIBABA_CLOUD_OIDC_TOKEN_FILE: /run/slipway/rrsa/token
{{- end }}
{{- else if eq .name "console" }}
SLIPWAY_CONSOLE_ADDR: 0.0.0.0:{{ .is.port }}
{{- else if eq .name "hooks" }}
SLIPWAY_HOOKS_ADDR: 0.0.0.0:{{ .is.port }}
SLIPWAY_HOOKS_SENDERS: {{ join "," .own.senders | quote }}
{{- else if eq .name "codec-server" }}
SLIPWAY_CODEC_LISTEN: 0.0.0.0:{{ .is.port }}
{{- end }}
{{- range $name, $value := merge (dict) .own.settings $v.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end -}}
