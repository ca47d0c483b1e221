package desired

// Settings are what an installation decides once for all Profiles. The zero value
// is not useful: the principals and the header name must be set, since an empty
// principal would admit nobody and an empty header name is not valid in a policy.
type Settings struct {
	// UserIDHeader is the HTTP header in which the gateway puts the user's name.
	UserIDHeader string
	// UserIDPrefix stands in front of the user's name in that header. May be empty.
	UserIDPrefix string
	// GroupsClaim is the JWT claim that lists a user's groups.
	GroupsClaim string
	// IngressGatewayPrincipal is the mesh identity of the ingress gateway.
	IngressGatewayPrincipal string
	// KFPUIPrincipal is the mesh identity of the Kubeflow Pipelines UI.
	KFPUIPrincipal string
	// NotebookControllerPrincipal is the mesh identity of the notebook controller,
	// which asks notebooks whether they are idle.
	NotebookControllerPrincipal string
	// ProbeNamespaces are the namespaces whose pods may ask for the paths of Knative's
	// probes, besides the Profile's own. Empty means that anybody may, as the existing
	// controller has it. The names must have passed tenancy.ParseNamespaces.
	ProbeNamespaces []string
	// TrustDomain is the trust domain that a pod must be of to count as one of a namespace.
	// Empty means any that the mesh trusts. It must have passed tenancy.CheckTrustDomain.
	TrustDomain string
	// Mesh tells whether namespaces join the mesh: whether they get the sidecar
	// injection label and an AuthorizationPolicy.
	Mesh bool
}
