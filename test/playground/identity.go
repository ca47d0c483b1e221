package playground

import (
	"cmp"
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// tokenLifetime is that of the tokens handed out here, in seconds: a year, which is
// longer than a detached control plane is kept.
const tokenLifetime = 365 * 24 * 60 * 60

// As returns a client with the rights of a user, by impersonation, which goes through
// the same authorization as the user's own requests.
func (p *Playground) As(user string, groups ...string) (client.Client, error) {
	config := rest.CopyConfig(p.Admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	return client.New(config, client.Options{Scheme: Scheme()})
}

// AsServiceAccount returns a client with a real token of a service account.
func (p *Playground) AsServiceAccount(ctx context.Context, namespace, name string) (client.Client, error) {
	config, err := p.ServiceAccountConfig(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: Scheme()})
}

// ServiceAccountConfig returns the configuration of a client with a real token of a
// service account, and no other rights.
func (p *Playground) ServiceAccountConfig(ctx context.Context, namespace, name string) (*rest.Config, error) {
	token, err := p.Token(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	config := rest.AnonymousClientConfig(p.Admin)
	config.BearerToken = token
	config.QPS = -1
	return config, nil
}

// accountPatience is how long an account is waited for: controllers make them, Kubernetes'
// own the account default of a new namespace, and they may have a lot to do.
const accountPatience = 30 * time.Second

// Token returns a token of a service account for the given audiences, or for the API
// server when none is given. The account may still be on its way.
func (p *Playground) Token(ctx context.Context, namespace, name string, audiences ...string) (string, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: audiences, ExpirationSeconds: ptr.To[int64](tokenLifetime)}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	var missing error
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, accountPatience, true, func(ctx context.Context) (bool, error) {
		missing = p.Client.SubResource("token").Create(ctx, account, request)
		if apierrors.IsNotFound(missing) {
			return false, nil
		}
		return true, missing
	})
	if err != nil {
		return "", fmt.Errorf("request a token for %s/%s: %w", namespace, name, cmp.Or(missing, err))
	}
	return request.Status.Token, nil
}

// writeKubeconfig writes a kubeconfig with a token of a service account to path.
func (p *Playground) writeKubeconfig(ctx context.Context, path, namespace, name string) error {
	token, err := p.Token(ctx, namespace, name)
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["playground"] = &clientcmdapi.Cluster{Server: p.Admin.Host, CertificateAuthorityData: p.Admin.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["playground"] = &clientcmdapi.Context{Cluster: "playground", AuthInfo: name, Namespace: namespace}
	config.CurrentContext = "playground"
	return clientcmd.WriteToFile(*config, path)
}
