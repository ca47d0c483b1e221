{{/*
Who may set the user header, as YAML: istio.principals, with the gateway that principals.ingressGateway names in the
place of Kubeflow's.
*/}}
{{- define "kfprofiles.principals" -}}
{{- $principals := list }}
{{- range .Values.istio.principals }}
{{- $kubeflows := eq . "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account" }}
{{- $principals = append $principals (ternary ($.Values.principals.ingressGateway | default .) . $kubeflows) }}
{{- end }}
{{- uniq $principals | toYaml }}
{{- end }}

{{/* The same as the access API takes them, or nothing where they are those that it has by itself. */}}
{{- define "kfprofiles.trustedPrincipals" -}}
{{- $usual := list "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account" "cluster.local/ns/kubeflow/sa/dashboard" "cluster.local/ns/kubeflow/sa/centraldashboard" }}
{{- $principals := include "kfprofiles.principals" . | fromYamlArray }}
{{- if ne (join "," $principals) (join "," $usual) }}{{ join "," $principals }}{{ end }}
{{- end }}

{{/* The flag, also for none, unless it would say what the access API has by itself. */}}
{{- define "kfprofiles.dashboardFlag" -}}
{{- $principals := .Values.istio.dashboardPrincipals }}
{{- $usual := list "cluster.local/ns/kubeflow/sa/dashboard" "cluster.local/ns/kubeflow/sa/centraldashboard" }}
{{- if and (kindIs "slice" $principals) (ne (join "," $principals) (join "," $usual)) }}-dashboard-principals={{ join "," $principals }}{{ end }}
{{- end }}
