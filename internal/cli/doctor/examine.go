package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
)

// examination is what the checks share.
type examination struct {
	cluster    client.Client
	namespaces []string
	now        time.Time
	// found are the controllers. The checks of one take that of controller.
	found    []installation.Installation
	profiles []profilev1.Profile
	// read tells whether profiles are known.
	read bool
}

// check looks at one matter.
type check struct {
	name string
	run  examine
}

// general are the checks that make sense in any cluster.
var general = []check{
	{"CRD", examineCRD},
	{"Controller", examineController},
}

// ofController are those that look at a controller which is there.
var ofController = []check{
	{"Leader", whereItRuns(examineLeader)},
	{"Rights", whereItRuns(examineRights)},
	{"User header", whereItRuns(examineUserHeader)},
	{"Access API", whereItRuns(examineAccessAPI)},
	{"Mesh", whereItRuns(examineMesh)},
}

type examine = func(context.Context, *examination) ([]Finding, error)

// whereItRuns leaves a check out where there is no controller.
func whereItRuns(look examine) examine {
	return func(ctx context.Context, e *examination) ([]Finding, error) {
		if len(e.found) == 0 {
			return nil, nil
		}
		return look(ctx, e)
	}
}

// ofProfiles are about what the controller works with and on.
var ofProfiles = []check{
	{"ClusterRoles", examineClusterRoles},
	{"Deletion guard", ofAllProfiles(examineGuard)},
	{"Cloud identity", ofAllProfiles(examineClouds)},
	{"Profiles", ofAllProfiles(func(_ context.Context, e *examination) ([]Finding, error) { return judgeProfiles(e.profiles), nil })},
	{"Mesh policies", ofAllProfiles(examinePolicies)},
}

// ofAllProfiles reads the Profiles for a check, once for all that need them.
func ofAllProfiles(look examine) examine {
	return func(ctx context.Context, e *examination) ([]Finding, error) {
		if !e.read {
			var profiles profilev1.ProfileList
			if err := e.cluster.List(ctx, &profiles); err != nil && !meta.IsNoMatchError(err) {
				return nil, fmt.Errorf("list the Profiles: %w", err)
			}
			e.profiles, e.read = profiles.Items, true
		}
		return look(ctx, e)
	}
}

func examinePolicies(ctx context.Context, e *examination) ([]Finding, error) {
	var policies istiov1beta1.AuthorizationPolicyList
	if err := e.cluster.List(ctx, &policies); err != nil && !meta.IsNoMatchError(err) {
		return nil, fmt.Errorf("list the AuthorizationPolicies: %w", err)
	}
	return orFine(Hazards(e.profiles, policies.Items), fine("Mesh policies", "none in the namespaces of Profiles admits more than it seems to.")), nil
}

// Examine runs all checks on a cluster. The controller is looked for in the given namespaces.
// What the API server refuses is a finding; when it does not answer at all, that is an error.
func Examine(ctx context.Context, cluster client.Client, namespaces []string, now time.Time) ([]Finding, error) {
	e := &examination{cluster: cluster, namespaces: namespaces, now: now}
	var findings []Finding
	for _, c := range slices.Concat(general, ofController, ofProfiles) {
		some, err := c.run(ctx, e)
		findings = append(findings, some...)
		var answer apierrors.APIStatus
		switch {
		case err == nil:
		case errors.As(err, &answer):
			findings = append(findings, unreadable(c.name, err))
		default:
			return findings, err
		}
	}
	return findings, nil
}

// unreadable is about what could not be looked at: it may be fine or not.
func unreadable(check string, err error) Finding {
	advice := ""
	if apierrors.IsForbidden(err) {
		advice = "Have an admin of the cluster run this."
	}
	return problem(check, advice, "could not be looked at: %s.", strings.TrimSuffix(err.Error(), "."))
}

func orFine(findings []Finding, otherwise Finding) []Finding {
	if len(findings) == 0 {
		return []Finding{otherwise}
	}
	return findings
}

// enumerate writes names with commas, and no more of them than one reads.
func enumerate(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}
