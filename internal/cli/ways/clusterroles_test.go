package ways

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
)

func allows(verbs, group string, resources ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: strings.Fields(verbs), APIGroups: []string{group}, Resources: resources}
}

func TestWhichRolesOpenEveryRoom(t *testing.T) {
	for name, test := range map[string]struct {
		rule rbacv1.PolicyRule
		want bool
	}{
		"reads pods":                     {allows("list", "", "pods"), true},
		"opens a shell":                  {allows("create", "", "pods/exec"), true},
		"opens a shell by a wildcard":    {allows("create", "", "*/exec"), true},
		"reads everything":               {allows("get", "*", "*"), true},
		"reads pods of any group":        {allows("get", "*", "pods"), true},
		"reads deployments":              {allows("get", "apps", "deployments"), true},
		"works with notebooks":           {allows("get", "kubeflow.org", "notebooks"), true},
		"all of one other group":         {allows("*", "example.com", "*"), false},
		"pods of another group":          {allows("*", "metrics.k8s.io", "pods"), false},
		"impersonates":                   {allows("impersonate", "", "users"), true},
		"sees Profiles":                  {allows("get list watch", "kubeflow.org", "profiles"), false},
		"changes Profiles":               {allows("get patch", "kubeflow.org", "profiles"), true},
		"sees who may what":              {allows("list", rbacv1.GroupName, "rolebindings", "clusterroles"), false},
		"says who may what":              {allows("create", rbacv1.GroupName, "rolebindings"), true},
		"sees nodes":                     {allows("get", "", "nodes", "namespaces"), false},
		"gets into pods by their node":   {allows("get", "", "nodes/proxy"), true},
		"nothing that it may do to pods": {allows("", "", "pods"), false},
		"asks for versions":              {rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"*"}}, false},
	} {
		if got := opensEveryRoom("some", []rbacv1.PolicyRule{test.rule}); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if !opensEveryRoom("cluster-admin", nil) || !opensEveryRoom("kubeflow-view", nil) || opensEveryRoom("kubeflow-other", nil) {
		t.Error("the roles that are made to open rooms count, whatever their rules are now, and others do not")
	}
}
