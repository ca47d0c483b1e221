{{/* The labels by which everything of ours is found; existing installations select by them. */}}
{{- define "kfprofiles.selector" -}}
app: profile-controller
kustomize.component: profiles
{{- end }}

{{- define "kfprofiles.labels" -}}
{{ include "kfprofiles.selector" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "kfprofiles.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "kfprofiles.labels" .root | nindent 2 }}
{{- end }}

{{/*
The objects of a file below files/, which are those of config/: with the labels, in the
namespace of the release, and bound to the account there. The definition of Profiles and the
ClusterRoles of people outlive the release, as Profiles do. Takes root and file.
*/}}
{{- define "kfprofiles.file" -}}
{{- $root := .root -}}
{{- range $document := regexSplit "(?m)^---$" ($root.Files.Get (printf "files/%s" .file) | required (printf "the chart has no file %s" .file)) -1 }}
{{- $object := fromYaml $document }}
{{- if $object.kind }}
{{- $_ := set $object.metadata "labels" (merge (include "kfprofiles.labels" $root | fromYaml) ($object.metadata.labels | default dict)) }}
{{- if not (has $object.kind (list "ClusterRole" "ClusterRoleBinding" "CustomResourceDefinition" "ValidatingAdmissionPolicy" "ValidatingAdmissionPolicyBinding")) }}
{{- $_ := set $object.metadata "namespace" $root.Release.Namespace }}
{{- end }}
{{- range $object.subjects }}
{{- $_ := set . "namespace" $root.Release.Namespace }}
{{- end }}
{{- if or (eq $object.kind "CustomResourceDefinition") (hasPrefix "kubeflow-" $object.metadata.name) }}
{{- $_ := set $object.metadata "annotations" (merge (dict "helm.sh/resource-policy" "keep") ($object.metadata.annotations | default dict)) }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}
{{- end }}
