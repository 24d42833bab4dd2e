{{/* The template of the pods of a component; takes root, name, is and own. */}}
{{- define "slipway.pod" -}}
{{- $files := (include "slipway.files" . | fromYaml).files | default list -}}
{{- $rrsa := and (eq .name "worker") (dig "alibaba" "rrsa" "roleArn" "" .own) -}}
metadata:
  labels:
    {{- include "slipway.labels" . | nindent 4 }}
spec:
  serviceAccountName: {{ eq .name "setup" | ternary "default" (printf "%s-%s" (include "slipway.fullname" .root) .name) }}
  # Nothing here asks Kubernetes.
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .name "setup" }}
  restartPolicy: OnFailure
  {{- else }}
  terminationGracePeriodSeconds: {{ .is.grace }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "slipway.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    # The group of mounted files, which nobody else may read.
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: slipway
      image: {{ include "slipway.image" .root | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [{{ .is.command }}]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      env:
        {{- range $name, $value := include "slipway.variables" . | fromYaml }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
        {{- range $files }}
        {{- $mount := printf "/run/slipway/%s" .name }}
        {{- range $name, $file := .variables }}
        - {name: {{ $name }}, value: {{ empty $file | ternary $mount (printf "%s/%s" $mount $file) | quote }}}
        {{- end }}
        {{- end }}
        {{- if eq .name "worker" }}
        {{- with .own.huawei.secret }}
        - {name: HUAWEICLOUD_SDK_AK, valueFrom: {secretKeyRef: {name: {{ . }}, key: accessKey}}}
        - {name: HUAWEICLOUD_SDK_SK, valueFrom: {secretKeyRef: {name: {{ . }}, key: secretKey}}}
        - {name: HUAWEICLOUD_SDK_SECURITY_TOKEN, valueFrom: {secretKeyRef: {name: {{ . }}, key: securityToken, optional: true}}}
        {{- end }}
        {{- end }}
      {{- if ne .name "setup" }}
      ports:
        - {name: metrics, containerPort: 8080}
        {{- with .is.port }}
        - {name: http, containerPort: {{ . }}}
        {{- end }}
      livenessProbe:
        httpGet: {path: /healthz, port: metrics}
        initialDelaySeconds: 5
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: metrics}
        periodSeconds: 10
        timeoutSeconds: 10
        failureThreshold: 2
      {{- end }}
      resources:
        {{- toYaml .own.resources | nindent 8 }}
      volumeMounts:
        {{- range $files }}
        - {name: {{ .name }}, mountPath: /run/slipway/{{ .name }}, readOnly: true}
        {{- end }}
        {{- if $rrsa }}
        - {name: rrsa, mountPath: /run/slipway/rrsa, readOnly: true}
        {{- end }}
  volumes:
    {{- range $files }}
    - name: {{ .name }}
      secret: {secretName: {{ .secret }}, defaultMode: 0440}
    {{- end }}
    {{- if $rrsa }}
    - name: rrsa
      projected:
        defaultMode: 0440
        sources:
          - serviceAccountToken: {path: token, audience: sts.aliyuncs.com, expirationSeconds: 3600}
    {{- end }}
{{- end -}}
