{{/*
What the pod carries. The labels by which it is selected stay as they are; in all else podLabels and podAnnotations
have the last word.
*/}}
{{- define "kfprofiles.podLabels" -}}
{{- $ours := dict }}
{{- if and .Values.istio.enabled .Values.accessAPI.enabled }}
{{- /* The access API believes a user header only on the word of its own sidecar. */}}
{{- $_ := set $ours "sidecar.istio.io/inject" "true" }}
{{- end }}
{{- merge (include "kfprofiles.selector" . | fromYaml) .Values.podLabels $ours | toYaml }}
{{- end }}

{{- define "kfprofiles.podAnnotations" -}}
{{- $ours := dict "kubectl.kubernetes.io/default-container" "manager" }}
{{- if and .Values.istio.enabled .Values.accessAPI.enabled }}
{{- $_ := set $ours "proxy.istio.io/config" `{"holdApplicationUntilProxyStarts": true}` }}
{{- end }}
{{- /* New settings are read by new pods. */}}
{{- merge (dict "checksum/config" (include "kfprofiles.settings" . | sha256sum)) .Values.podAnnotations $ours | toYaml }}
{{- end }}
