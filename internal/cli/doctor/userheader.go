package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

func examineUserHeader(ctx context.Context, e *examination) ([]Finding, error) {
	i := e.controller()
	findings := judgeAgreement(i)
	if !i.Manager.Mesh() {
		return findings, nil
	}
	headers, err := gatewayHeaders(ctx, e.cluster)
	if err != nil {
		return findings, err
	}
	return append(findings, judgeHeaders(i.Manager.UserIDHeader(), headers)...), nil
}

// judgeAgreement holds the controller against the access API: where they differ, those
// whom the one invites are not let in by the policies of the other.
func judgeAgreement(i installation.Installation) []Finding {
	const name = "User header"
	has := fmt.Sprintf("%s with the prefix %q", i.Manager.UserIDHeader(), i.Manager.UserIDPrefix())
	if i.KFAM == nil {
		return []Finding{fine(name, "the controller expects %s. The access API does not run here.", has)}
	}
	for _, setting := range []struct {
		flag              string
		controller, other any
	}{
		{"userid-header", strings.ToLower(i.Manager.UserIDHeader()), strings.ToLower(i.KFAM.UserIDHeader())},
		{"userid-prefix", i.Manager.UserIDPrefix(), i.KFAM.UserIDPrefix()},
		{"groups-claim", i.Manager.GroupsClaim(), i.KFAM.GroupsClaim()},
		{"mesh", i.Manager.Mesh(), i.KFAM.Mesh()},
	} {
		if setting.controller != setting.other {
			return []Finding{problem(name, "Give both containers the same arguments.",
				"-%s differs: the controller has %v, the access API %v, so that owners and contributors are recognized differently.", setting.flag, setting.controller, setting.other)}
		}
	}
	return []Finding{fine(name, "the controller and the access API both expect %s.", has)}
}

// gatewayHeaders are the headers that the mesh is seen to put users into: by claims of
// tokens, or as an external authorizer such as oauth2-proxy hands them over. Nil says
// nothing, since a gateway can be made to do so in other ways, too.
func gatewayHeaders(ctx context.Context, cluster client.Reader) ([]string, error) {
	var headers []string
	var authentications istiov1beta1.RequestAuthenticationList
	if err := cluster.List(ctx, &authentications); err != nil && !meta.IsNoMatchError(err) {
		return nil, fmt.Errorf("list the RequestAuthentications: %w", err)
	}
	for _, a := range authentications.Items {
		for _, rule := range a.Spec.JwtRules {
			for _, claim := range rule.OutputClaimToHeaders {
				headers = append(headers, claim.Header)
			}
		}
	}
	mesh := &corev1.ConfigMap{}
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: "istio-system", Name: "istio"}, mesh); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read the settings of the mesh: %w", err)
	}
	return append(headers, providerHeaders(mesh.Data["mesh"])...), nil
}

// providerHeaders reads Istio's MeshConfig, as far as it is about external authorizers.
func providerHeaders(text string) []string {
	var settings struct {
		ExtensionProviders []struct {
			EnvoyExtAuthzHTTP struct {
				HeadersToUpstreamOnAllow []string `json:"headersToUpstreamOnAllow"`
			} `json:"envoyExtAuthzHttp"`
		} `json:"extensionProviders"`
	}
	// What cannot be read says nothing about headers.
	_ = yaml.Unmarshal([]byte(text), &settings)
	var headers []string
	for _, provider := range settings.ExtensionProviders {
		headers = append(headers, provider.EnvoyExtAuthzHTTP.HeadersToUpstreamOnAllow...)
	}
	return headers
}

// notUsers are headers that authorizers hand over and that never name a user.
var notUsers = []string{"authorization", "path", "cookie"}

func judgeHeaders(expected string, seen []string) []Finding {
	const name = "User header"
	var others []string
	for _, header := range seen {
		header = strings.ToLower(header)
		if header == strings.ToLower(expected) {
			return []Finding{fine(name, "the mesh hands over %s.", expected)}
		}
		if !slices.Contains(notUsers, header) && !slices.Contains(others, header) {
			others = append(others, header)
		}
	}
	if len(others) == 0 {
		return nil
	}
	slices.Sort(others)
	return []Finding{warning(name, "If users are told that they may not enter, set USERID_HEADER to the header that names them.",
		"the mesh hands over %s, as far as can be seen, and not %s, which the controller expects.", enumerate(others), expected)}
}
