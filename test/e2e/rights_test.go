package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// rightsLine is what of a line of the audit log tells about rights.
type rightsLine struct {
	Verb, UserAgent string
	User            struct{ Username string }
	ObjectRef       struct{ APIGroup, Resource, Subresource, Namespace, Name string }
	Annotations     map[string]string
}

// controllerAgent tells the controller from tests that borrow its account.
const controllerAgent = "profile-controller"

// unseenRights are those that the audit log cannot show, because the API server looks at
// them while it answers a request for something else.
var unseenRights = map[string]string{
	"bind rbac.authorization.k8s.io/clusterroles": "looked at when a RoleBinding is written",
	"get /namespaces":                         "used only when somebody else makes the namespace in the very moment before the controller does",
	"update kubeflow.org/profiles/finalizers": "looked at when an object gets an owner that blocks, by an admission plugin that is off here and on elsewhere",
}

// checkRights compares all that the controller asked for while the tests ran with what its
// ClusterRole grants: nothing may be missing, and, when all tests ran, nothing may be too
// much.
func checkRights(allTestsRan bool) error {
	log, err := os.ReadFile(auditLog())
	if err != nil {
		return err
	}
	used := map[string]bool{}
	var problems []error
	for line := range bytes.Lines(log) {
		if !bytes.Contains(line, []byte(controllerUser)) {
			continue
		}
		var l rightsLine
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		if l.User.Username != controllerUser || l.UserAgent != controllerAgent {
			continue
		}
		right := l.right()
		if l.Annotations["authorization.k8s.io/decision"] == "forbid" {
			problems = append(problems, fmt.Errorf("the controller lacks the right to %s (%s/%s)", right, l.ObjectRef.Namespace, l.ObjectRef.Name))
		}
		used[right] = true
	}
	if allTestsRan {
		granted, err := grantedRights()
		if err != nil {
			return err
		}
		for _, right := range granted {
			if !used[right] && !unseen(right, used) {
				problems = append(problems, fmt.Errorf("the controller never used its right to %s", right))
			}
		}
	}
	return errors.Join(problems...)
}

// unseen tells whether a right is needed although the audit log does not show its use.
// Where the API server can stream a list, a cache is filled by a watch; the right to list
// is for those that cannot.
func unseen(right string, used map[string]bool) bool {
	resource, list := strings.CutPrefix(right, "list ")
	return unseenRights[right] != "" || (list && used["watch "+resource])
}

func (l rightsLine) right() string {
	resource := l.ObjectRef.Resource
	if l.ObjectRef.Subresource != "" {
		resource += "/" + l.ObjectRef.Subresource
	}
	return fmt.Sprintf("%s %s/%s", l.Verb, l.ObjectRef.APIGroup, resource)
}

// grantedRights spells out the controller's ClusterRole.
func grantedRights() ([]string, error) {
	objects, err := playground.Render(playground.Overlay)
	if err != nil {
		return nil, err
	}
	var granted []string
	for _, o := range objects {
		if o.GetKind() != "ClusterRole" || o.GetName() != "profiles-controller-role" {
			continue
		}
		var role rbacv1.ClusterRole
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &role); err != nil {
			return nil, err
		}
		for _, rule := range role.Rules {
			for _, verb := range rule.Verbs {
				for _, resource := range rule.Resources {
					granted = append(granted, fmt.Sprintf("%s %s/%s", verb, rule.APIGroups[0], resource))
				}
			}
		}
	}
	if len(granted) == 0 {
		return nil, errors.New("the manifests have no ClusterRole profiles-controller-role with rules")
	}
	slices.Sort(granted)
	return granted, nil
}
