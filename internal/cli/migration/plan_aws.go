package migration

import (
	"maps"
	"slices"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// AWSLook is what was seen of the roles of an AWS account.
type AWSLook struct {
	// Unseen says why nothing was looked at; it is empty where something was.
	Unseen string
	// Account is the ID of the account.
	Account string
	// Roles are all roles of the account by their ARN, with what the audit says of each.
	Roles map[string]awsroles.Audited
}

const checkAWS = "AWS"

// namedRoles returns the roles that Profiles name: those whose trust policies the existing
// controller edited, in order, and how many entries only annotate.
func namedRoles(profiles []profilev1.Profile) (edited []string, annotated int) {
	for _, p := range profiles {
		for _, entry := range p.Spec.Plugins {
			var spec awsirsa.Spec
			if entry.Kind != awsirsa.Kind || entry.Spec == nil || plugin.DecodeSpec(entry.Spec.Raw, &spec) != nil || spec.AwsIamRole == "" {
				continue
			}
			if spec.AnnotateOnly {
				annotated++
			} else {
				edited = append(edited, spec.AwsIamRole)
			}
		}
	}
	slices.Sort(edited)
	return slices.Compact(edited), annotated
}

// aboutEdited tells how the roles stand that the existing controller edited, and which others
// are open: it leaves a role open when the last Profile that named it goes.
func aboutEdited(edited []string, look AWSLook) []doctor.Finding {
	if look.Unseen != "" {
		return []doctor.Finding{warning(checkAWS, "See which: kubectl profile aws audit; --fix closes them.",
			"the existing controller edited the trust policies of %s, and may have left some of them open to the whole cluster. They were not looked at: %s.",
			strings.Join(edited, ", "), look.Unseen)}
	}
	var findings []doctor.Finding
	for _, role := range edited {
		findings = append(findings, aboutRole(role, look))
	}
	for _, role := range slices.Sorted(maps.Keys(look.Roles)) {
		if look.Roles[role].Open && !slices.Contains(edited, role) {
			findings = append(findings, problem(checkAWS, "Close it: kubectl profile aws audit --fix",
				"%s is open: any service account of the cluster may have it, and no Profile is there for which our controller would close it.", role))
		}
	}
	return findings
}

// aboutRole is about one that our controller will edit.
func aboutRole(role string, look AWSLook) doctor.Finding {
	found, there := look.Roles[role]
	switch {
	case !there && strings.Contains(role, ":"+look.Account+":"):
		return warning(checkAWS, "Correct spec.plugins, or make it: kubectl profile aws create-role --help", "%s could not be read: the account %s has no such role.", role, look.Account)
	case !there:
		return warning(checkAWS, "Look with credentials of its account: kubectl profile aws audit", "%s could not be read: it is not in the account %s of your AWS credentials.", role, look.Account)
	case found.Unreadable != "":
		return warning(checkAWS, "", "%s could not be read: %s.", role, strings.TrimSuffix(found.Unreadable, "."))
	case found.Open:
		return warning(checkAWS, "To close it before the move: kubectl profile aws audit --fix",
			"%s is open: any service account of the cluster may have it. Our controller closes it when it edits it.", role)
	case len(found.Patterns) > 0:
		return warning(checkAWS, "Our controller leaves wildcards alone; see: kubectl profile aws audit",
			"%s is closed but for wildcards, which let in whoever has or gets such a name: %s.", role, strings.Join(found.Patterns, ", "))
	default:
		return fine(checkAWS, "%s is closed: it names those who may have it.", role)
	}
}

func aboutAnnotated(entries int) []doctor.Finding {
	if entries == 0 {
		return nil
	}
	return []doctor.Finding{fine(checkAWS, "entries with annotateOnly, in whatever case it is written: %d. Their roles are not touched.", entries)}
}
