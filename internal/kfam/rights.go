package kfam

// The rights of the access API, verb by verb. make generate writes the ClusterRole from
// these lines. It can bind the three kubeflow ClusterRoles and no others, reads no Secrets,
// and never changes a Profile.
//
// +kubebuilder:rbac:groups=kubeflow.org,resources=profiles,verbs=list;watch;create;delete
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=list;watch
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=list;watch;create;delete
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,resourceNames=kubeflow-admin;kubeflow-edit;kubeflow-view,verbs=bind
// +kubebuilder:rbac:groups=security.istio.io,resources=authorizationpolicies,verbs=list;create;patch;delete
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
