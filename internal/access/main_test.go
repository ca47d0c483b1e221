package access

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// pg is the control plane that the tests of this package share. It is started by the first
// that needs it, so that the pure ones do not wait for it.
var pg *playground.Playground

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	code := m.Run()
	if pg != nil {
		if err := pg.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

var startControlPlane = sync.OnceValue(func() error {
	ctx := context.Background()
	var err error
	if pg, err = playground.Start(ctx, playground.Options{}); err != nil {
		return err
	}
	for _, install := range []func(context.Context) error{pg.Install, pg.InstallMesh} {
		if err := install(ctx); err != nil {
			return err
		}
	}
	return installRights(ctx)
})

// rights are all that the access API needs for what this package does.
var rights = []rbacv1.PolicyRule{
	{APIGroups: []string{"kubeflow.org"}, Resources: []string{"profiles"}, Verbs: []string{"list", "watch", "create", "delete"}},
	{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"list", "watch"}},
	{APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"rolebindings"}, Verbs: []string{"list", "watch", "create", "delete"}},
	{APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"clusterroles"}, Verbs: []string{"bind"},
		ResourceNames: []string{"kubeflow-admin", "kubeflow-edit", "kubeflow-view"}},
	{APIGroups: []string{"security.istio.io"}, Resources: []string{"authorizationpolicies"}, Verbs: []string{"list", "create", "patch", "delete"}},
}

// installRights makes a service account that has the rights and no others.
func installRights(ctx context.Context) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "access"}}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "access"}, Rules: rights}
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "access"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: account.Namespace, Name: account.Name}}}
	var failures []error
	for _, o := range []client.Object{account, role, binding} {
		failures = append(failures, pg.Client.Create(ctx, o))
	}
	return errors.Join(failures...)
}
