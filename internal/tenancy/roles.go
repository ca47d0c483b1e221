package tenancy

// Role is a role of the access API. Each stands for one ClusterRole.
type Role string

// The roles, from most to least powerful.
const (
	RoleAdmin Role = "admin"
	RoleEdit  Role = "edit"
	RoleView  Role = "view"
)

// ClusterRole returns the name of the ClusterRole that r stands for, for example
// kubeflow-admin, and false when r is none of the three roles. The controller may
// bind these three and nothing else.
func (r Role) ClusterRole() (string, bool) {
	switch r {
	case RoleAdmin, RoleEdit, RoleView:
		return "kubeflow-" + string(r), true
	default:
		return "", false
	}
}
