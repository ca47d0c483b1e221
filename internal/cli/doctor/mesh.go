package doctor

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// meshProgram is a program that policies let in by its service account.
type meshProgram struct {
	what, variable, principal string
	// needed tells whether nobody gets in without it.
	needed bool
}

func meshPrograms(s desired.Settings) []meshProgram {
	return []meshProgram{
		{"the ingress gateway", "ISTIO_INGRESS_GATEWAY_PRINCIPAL", s.IngressGatewayPrincipal, true},
		{"the Pipelines UI", "KFP_UI_PRINCIPAL", s.KFPUIPrincipal, false},
		{"the notebook controller", "NOTEBOOK_CONTROLLER_PRINCIPAL", s.NotebookControllerPrincipal, false},
	}
}

func examineMesh(ctx context.Context, e *examination) ([]Finding, error) {
	const name = "Mesh"
	manager := e.controller().Manager
	if !manager.Mesh() {
		return []Finding{fine(name, "it is turned off (-mesh=none), so the network alone decides who reaches the pods.")}, nil
	}
	crd, err := ReadCRD(ctx, e.cluster, "authorizationpolicies.security.istio.io")
	if err != nil {
		return nil, err
	}
	if crd == nil {
		return []Finding{problem(name, "Install Istio; or go without a mesh, as docs/install.md shows (-mesh=none for the controller and the access API).",
			"the cluster does not serve Istio's AuthorizationPolicy, so nobody is let in through it.")}, nil
	}
	findings := []Finding{fine(name, "the cluster serves Istio's AuthorizationPolicy.")}
	for _, program := range meshPrograms(manager.Settings()) {
		there, err := accountExists(ctx, e.cluster, program.principal)
		if err != nil {
			return findings, err
		}
		findings = append(findings, judgeProgram(program, there)...)
	}
	return findings, nil
}

func judgeProgram(program meshProgram, there bool) []Finding {
	const name = "Mesh"
	advice := fmt.Sprintf("If it runs under another account, set %s.", program.variable)
	switch {
	case there:
		return nil
	case program.needed:
		advice += " The access API and its own policy name it, too: docs/access.md shows all three."
		return []Finding{problem(name, advice, "there is no service account for %s, %s, which the policies admit, so nobody gets in.", program.what, program.principal)}
	default:
		return []Finding{warning(name, advice, "there is no service account for %s, %s, which the policies admit.", program.what, program.principal)}
	}
}

// accountExists looks for the service account that a principal names, such as
// cluster.local/ns/istio-system/sa/gateway. One of another form names none.
func accountExists(ctx context.Context, cluster client.Reader, principal string) (bool, error) {
	parts := strings.Split(principal, "/")
	if len(parts) != 5 || parts[1] != "ns" || parts[3] != "sa" {
		return false, nil
	}
	err := cluster.Get(ctx, client.ObjectKey{Namespace: parts[2], Name: parts[4]}, &corev1.ServiceAccount{})
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("read the service account of %s: %w", principal, err)
	}
	return err == nil, nil
}
