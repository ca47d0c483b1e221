package gcpworkloadidentity

import (
	"regexp"
	"strings"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// account is a Google service account.
type account struct {
	// email is its address, which is also its name in annotations.
	email string
	// project is the ID of its project, or empty when the address does not tell.
	project string
}

// The addresses that Google gives to service accounts whose policies their owners may edit
// (Google Cloud, IAM, "Service account types"): those that somebody created, also in
// projects whose IDs have a domain; App Engine's default account; and Compute Engine's,
// whose address has the number of the project. Google's own agents are not among them.
var (
	createdAccount = regexp.MustCompile(`^` + label + `@(` + label + `)((?:\.` + label + `)*)\.iam\.gserviceaccount\.com$`)
	appEngine      = regexp.MustCompile(`^(` + label + `)@appspot\.gserviceaccount\.com$`)
	computeEngine  = regexp.MustCompile(`^[0-9]+-` + label + `@developer\.gserviceaccount\.com$`)
	projectID      = regexp.MustCompile(`^(?:` + label + `(?:\.` + label + `)+:)?` + label + `$`)
)

// label is looser than Google's rules for names, of which some have older exceptions; what
// it lets through IAM will judge.
const label = `[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?`

// longestAddress is the bound of RFC 5321 for addresses of e-mail.
const longestAddress = 254

// parseAccount reads an address; field is who is to blame if it is none.
func parseAccount(field, email string) (account, error) {
	if len(email) <= longestAddress {
		if m := createdAccount.FindStringSubmatch(email); m != nil {
			return account{email: email, project: scoped(m[1], strings.TrimPrefix(m[2], "."))}, nil
		}
		if m := appEngine.FindStringSubmatch(email); m != nil {
			return account{email: email, project: m[1]}, nil
		}
		if computeEngine.MatchString(email) {
			return account{email: email}, nil
		}
	}
	return account{}, plugin.InvalidSpec(field,
		"%q is not the e-mail address of a Google service account; it looks like name@project.iam.gserviceaccount.com, all in lower case", email)
}

// scoped is the ID of a project: example.com:name where it belongs to a domain, which
// addresses have the other way round, as name.example.com.
func scoped(name, domain string) string {
	if domain == "" {
		return name
	}
	return domain + ":" + name
}

// resource is the account's name in requests. Without its project IAM would answer for an
// account that does not exist as if it might not be touched (iam/v1, ServiceAccount.Name),
// so the project is named wherever it is known.
func (a account) resource() string {
	project := a.project
	if project == "" {
		project = "-"
	}
	return "projects/" + project + "/serviceAccounts/" + a.email
}

// poolSuffix ends the name of the workload identity pool that every project has
// at most one of for its clusters.
const poolSuffix = ".svc.id.goog"

// parsePool reads the project of a workload identity pool, given alone or as the whole name
// of the pool, which Google once called the identity namespace.
func parsePool(field, text string) (string, error) {
	project := strings.TrimSuffix(text, poolSuffix)
	if len(text) > longestAddress || !projectID.MatchString(project) {
		return "", plugin.InvalidSpec(field, "%q is not the ID of a project, whose workload identity pool is PROJECT%s", text, poolSuffix)
	}
	return project, nil
}

// member is a Kubernetes service account as policies name it (iam/v1, Binding.Members).
func member(poolProject, namespace, serviceAccount string) string {
	return "serviceAccount:" + poolProject + poolSuffix + "[" + namespace + "/" + serviceAccount + "]"
}
