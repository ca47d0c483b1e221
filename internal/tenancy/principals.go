package tenancy

import "cmp"

// Mesh principals of the programs around, read from the environment with getenv, which is
// os.Getenv. A variable that is set to nothing means the default, as the standalone
// deployment sets them all.

// IngressGatewayPrincipal is the ingress gateway's.
func IngressGatewayPrincipal(getenv func(string) string) string {
	return cmp.Or(getenv("ISTIO_INGRESS_GATEWAY_PRINCIPAL"), "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account")
}

// KFPUIPrincipal is that of the Kubeflow Pipelines UI.
func KFPUIPrincipal(getenv func(string) string) string {
	return cmp.Or(getenv("KFP_UI_PRINCIPAL"), "cluster.local/ns/kubeflow/sa/ml-pipeline-ui")
}

// NotebookControllerPrincipal is the notebook controller's.
func NotebookControllerPrincipal(getenv func(string) string) string {
	return cmp.Or(getenv("NOTEBOOK_CONTROLLER_PRINCIPAL"), "cluster.local/ns/kubeflow/sa/notebook-controller-service-account")
}
