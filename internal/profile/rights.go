package profile

// The rights of the controller, verb by verb. make generate writes the ClusterRole
// from these lines. It is never cluster-admin: it may bind three ClusterRoles and no
// others, and of Secrets it may read only its own in its own namespace, see
// config/rbac/identity_seal.yaml.
//
// +kubebuilder:rbac:groups=kubeflow.org,resources=profiles,verbs=list;watch;patch
// +kubebuilder:rbac:groups=kubeflow.org,resources=profiles/status,verbs=patch
// +kubebuilder:rbac:groups=kubeflow.org,resources=profiles/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=serviceaccounts,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=resourcequotas,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,resourceNames=kubeflow-admin;kubeflow-edit;kubeflow-view,verbs=bind
// +kubebuilder:rbac:groups=security.istio.io,resources=authorizationpolicies,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,resourceNames=authorizationpolicies.security.istio.io,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create
