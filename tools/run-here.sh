#!/bin/bash
# Runs the controller on this machine in the place of the one in the cluster, with the arguments and
# the settings of its Deployment: with others it would rewrite what lets people into their
# namespaces. The argument is the namespace of the Deployment.
set -euo pipefail
namespace=$1

refuse() {
	echo "$1" >&2
	exit 1
}

of_deployment() { kubectl get deployment profiles-deployment -n "$namespace" -o jsonpath="$1"; }

of_manager() { of_deployment "{range .spec.template.spec.containers[?(@.name==\"manager\")]}$1{end}"; }

of_config_map() { kubectl get configmap "$1" -n "$namespace" -o go-template="$2"; }

command -v kubectl >/dev/null || refuse "There is no kubectl in the PATH. make run reads the settings of the controller in the cluster with it."
replicas=$(kubectl get deployment profiles-deployment -n "$namespace" --ignore-not-found -o jsonpath='{.spec.replicas}')
[ -n "$replicas" ] || refuse \
	"The controller takes its settings from the Deployment profiles-deployment, which was not found in the namespace $namespace. Name its namespace, as in make run NAMESPACE=kubeflow; on a cluster that has none, run make deploy first."
[ "$replicas" = 0 ] || refuse \
	"The controller in the namespace $namespace is at work. Stop it first; the access API stops with it: kubectl scale deployment profiles-deployment --replicas=0 -n $namespace"

# The variables of the container: those of its ConfigMap, then its own.
config=$(of_manager '{.envFrom[0].configMapRef.name}')
settings=$(of_config_map "$config" '{{range $name, $value := .data}}{{$name}}={{$value}}{{"\n"}}{{end}}')
own=$(of_manager '{range .env[?(@.value)]}{.name}={.value}{"\n"}{end}')
names=()
values=()
while IFS='=' read -r name value; do
	[ -n "$name" ] || continue
	names+=("$name")
	values+=("$value")
	# Others write these, and here they are the variables of a person's own programs: with PATH or GOFLAGS
	# they could run what they like. So only those are set that the controller goes by.
	case $name in
	USERID_HEADER | USERID_PREFIX | WORKLOAD_IDENTITY | ADMIN | POD_NAMESPACE | AWS_REGION | AWS_DEFAULT_REGION | \
		ISTIO_INGRESS_GATEWAY_PRINCIPAL | KFP_UI_PRINCIPAL | NOTEBOOK_CONTROLLER_PRINCIPAL) export "$name=$value" ;;
	*) echo "The variable $name of the Deployment is not set here; set it yourself if the controller needs it." >&2 ;;
	esac
done <<<"$settings
$own
POD_NAMESPACE=$namespace"

# Its arguments, with these variables put in as the kubelet does.
given=$(of_manager '{range .args[*]}{@}{"\n"}{end}')
arguments=()
while IFS= read -r argument; do
	[ -n "$argument" ] || continue
	for i in "${!names[@]}"; do
		argument=${argument//"\$(${names[i]})"/"${values[i]}"}
	done
	arguments+=("$argument")
done <<<"$given"

labels=.cache/run/namespace-labels.yaml
mkdir -p "$(dirname "$labels")"
config=$(of_deployment '{.spec.template.spec.volumes[?(@.name=="namespace-labels")].configMap.name}')
of_config_map "$config" '{{index .data "namespace-labels.yaml"}}' >"$labels"

# The last ones count. Election keeps two from working at once, also when somebody scales the
# Deployment up again.
exec go run ./cmd/profile-controller "${arguments[@]}" -leader-elect -leader-elect-namespace="$namespace" \
	-namespace-labels-path="$labels" -metrics-secure=false -metrics-bind-address=127.0.0.1:8080 -health-probe-bind-address=127.0.0.1:9876
