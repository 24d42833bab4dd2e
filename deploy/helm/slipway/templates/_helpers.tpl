{{/* What names of objects begin with. */}}
{{- define "slipway.fullname" -}}
{{- $name := .Values.fullnameOverride | default (contains "slipway" .Release.Name | ternary .Release.Name (printf "%s-slipway" .Release.Name)) -}}
{{- $name | trunc 45 | trimSuffix "-" -}}
{{- end -}}

{{/* What pods of one component are selected by; takes root and name. */}}
{{- define "slipway.selector" -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* The labels of objects; takes root and name. */}}
{{- define "slipway.labels" -}}
{{ include "slipway.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: slipway
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "slipway.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{/*
What there is: by component the key of its values, its command and what it needs. grace is the seconds that the longest of its
endings takes, and some more: activities of a worker have 20, messages of a starter and a notifier 15, requests of a console 5.
*/}}
{{- define "slipway.roles" -}}
worker: {values: worker, command: worker, temporal: true, nats: true, keys: true, https: true, port: 0, grace: 45}
starter: {values: starter, command: starter, temporal: true, nats: true, keys: true, https: true, port: 0, grace: 30}
console: {values: console, command: console, temporal: true, nats: true, keys: true, https: true, port: 8090, grace: 20}
hooks: {values: hooks, command: console, temporal: false, nats: true, keys: false, https: false, port: 8091, grace: 20}
notifier: {values: notifier, command: notifier, temporal: false, nats: true, keys: false, https: true, port: 0, grace: 30}
codec-server: {values: codecServer, command: codec-server, temporal: false, nats: false, keys: true, https: false, port: 8082, grace: 20}
{{- end -}}

{{/* The job, in the same words. */}}
{{- define "slipway.setup" -}}
{values: setup, command: setup, temporal: true, nats: true, keys: true, https: false, port: 0, grace: 20}
{{- end -}}

{{/* The components that are on. */}}
{{- define "slipway.on" -}}
{{- range $name, $is := include "slipway.roles" . | fromYaml }}
{{- if (index $.Values $is.values).enabled }}
{{ $name }}: {{ $is | toJson }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The task queues of the regions that a worker serves, separated by blanks. */}}
{{- define "slipway.regionQueues" -}}
{{- range $platform := list "sae" "fc" "servicestage" }}
{{- range $region := splitList "," (index $.Values.worker.settings (printf "SLIPWAY_%s_REGION" (upper $platform)) | default "") }}
{{- with trim $region }} slipway-{{ $platform }}-{{ . }}{{ end }}
{{- end }}
{{- end }}
{{- end -}}
