package cli

import (
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// differences says what a Profile lacks of what is wanted, and how to add it, one line each. What it has
// besides is no difference: others may have shared it meanwhile.
func differences(p, wanted *profilev1.Profile) []string {
	var lines []string
	if tenancy.Subject(p.Spec.Owner) != tenancy.Subject(wanted.Spec.Owner) {
		lines = append(lines, fmt.Sprintf("it belongs to %s. To hand it over: kubectl profile transfer %s --owner %s", ownerText(p), p.Name, ownerText(wanted)))
	}
	for _, c := range wanted.Spec.Contributors {
		if !slices.Contains(p.Spec.Contributors, c) {
			lines = append(lines, fmt.Sprintf("%s is not a contributor as %s. To share it: kubectl profile share %s %s --role %s",
				subjectText(c.Kind, c.Name), c.Role, p.Name, contributorFlag(c), c.Role))
		}
	}
	edit := "To change it: kubectl edit profile " + p.Name
	for _, resource := range slices.Sorted(maps.Keys(wanted.Spec.ResourceQuotaSpec.Hard)) {
		limit := wanted.Spec.ResourceQuotaSpec.Hard[resource]
		present, limited := p.Spec.ResourceQuotaSpec.Hard[resource]
		switch {
		case !limited:
			lines = append(lines, fmt.Sprintf("it has no quota for %s, where %s is asked for. %s", resource, limit.String(), edit))
		case present.Cmp(limit) != 0:
			lines = append(lines, fmt.Sprintf("its quota for %s is %s, not %s. %s", resource, present.String(), limit.String(), edit))
		}
	}
	for _, asked := range wanted.Spec.Plugins {
		if !slices.ContainsFunc(p.Spec.Plugins, func(there profilev1.Plugin) bool { return bindsAs(there, asked) }) {
			role := roleOf(asked)
			lines = append(lines, fmt.Sprintf("no entry of spec.plugins has the role %s with annotateOnly %t. %s", role.AwsIamRole, role.AnnotateOnly, edit))
		}
	}
	return lines
}

// contributorFlag is how share names a contributor.
func contributorFlag(c profilev1.Contributor) string {
	if c.Kind == rbacv1.GroupKind {
		return "--group " + c.Name
	}
	return "--user " + c.Name
}

// bindsAs tells that an entry of spec.plugins does for the accounts of another what that does.
func bindsAs(there, asked profilev1.Plugin) bool {
	if there.Kind != asked.Kind {
		return false
	}
	is, wanted := roleOf(there), roleOf(asked)
	return is.AwsIamRole == wanted.AwsIamRole && is.AnnotateOnly == wanted.AnnotateOnly &&
		!slices.ContainsFunc(wanted.ServiceAccounts, func(account string) bool { return !slices.Contains(is.ServiceAccounts, account) })
}

// roleOf reads an entry of spec.plugins. One that cannot be read asks for nothing.
func roleOf(entry profilev1.Plugin) awsirsa.Spec {
	var spec awsirsa.Spec
	if entry.Spec == nil || plugin.DecodeSpec(entry.Spec.Raw, &spec) != nil {
		return awsirsa.Spec{}
	}
	accounts, err := plugin.ServiceAccounts(spec.ServiceAccounts)
	if err != nil {
		return awsirsa.Spec{}
	}
	spec.ServiceAccounts = accounts
	return spec
}
