package docs

import "strings"

// Why commands cannot run here.
const (
	needsAWS        = "works in a real AWS account"
	needsGoogle     = "works in a real Google project"
	needsAzure      = "works in a real Azure subscription"
	needsRegistry   = "moves images to a registry"
	elsewhereTested = "is run by other tests of the repository"
	othersProgram   = "is another project's program"
)

// listed are the commands that are neither run nor checked, by the words that they begin with.
// Each has the reason. Keep it short.
var listed = map[string]string{
	"eksctl utils associate-iam-oidc-provider": needsAWS,
	"eksctl create iamserviceaccount":          needsAWS,
	"aws eks update-kubeconfig":                needsAWS,
	"aws eks list-pod-identity-associations":   needsAWS + "; the double of EKS speaks its own protocol, not IAM's",
	"aws eks delete-pod-identity-association":  needsAWS + "; the double of EKS speaks its own protocol, not IAM's",
	"aws iam create-policy":                    needsAWS + "; the double has no managed policies; the document is read",
	"aws ecr create-repository":                needsAWS,
	"aws ecr get-login-password":               needsAWS,
	"aws cognito-idp create-user-pool":         needsAWS,
	"aws cognito-idp admin-create-user":        needsAWS,
	"aws cognito-idp create-group":             needsAWS,
	"aws cognito-idp admin-add-user-to-group":  needsAWS,

	"gcloud container clusters get-credentials":             needsGoogle,
	"gcloud container clusters describe":                    needsGoogle,
	"gcloud container clusters update":                      needsGoogle,
	"gcloud iam roles create":                               needsGoogle,
	"gcloud iam service-accounts create":                    needsGoogle,
	"gcloud iam service-accounts add-iam-policy-binding":    needsGoogle,
	"gcloud iam service-accounts remove-iam-policy-binding": needsGoogle,
	"gcloud artifacts repositories create":                  needsGoogle,
	"az identity federated-credential list":                 needsAzure,
	"az identity federated-credential delete":               needsAzure,
	"skopeo copy":        needsRegistry,
	"skopeo login":       needsRegistry,
	"terraform init":     "loads AWS's provider; the module is judged by other tests, and the names in the page are looked up",
	"terraform apply":    needsAWS,
	"terraform output":   needsAWS,
	"helm upgrade":       elsewhereTested + " for the chart's README and the move; values of the reader's own have none",
	"vault write":        othersProgram,
	"vault policy write": othersProgram,
	"htpasswd":           othersProgram,
	"jq":                 othersProgram + "; what reads its output finds none",
	"go mod init":        elsewhereTested,
	"go mod tidy":        elsewhereTested,
	"go get github.com/kfprofiles/kfprofiles@latest":             "loads a published version",
	"go build ./cmd/custom-plugin":                               elsewhereTested,
	"go test ./...":                                              elsewhereTested,
	"go run github.com/kfprofiles/kfprofiles/tools/image@latest": "loads a published version",
}

// listedReason finds the reason for a command line, by its words up to the first flag.
func listedReason(program string, arguments []string) (name, reason string) {
	words := program
	found := ""
	for i := 0; ; i++ {
		if listed[words] != "" {
			found = words
		}
		if i >= len(arguments) || strings.HasPrefix(arguments[i], "-") {
			return found, listed[found]
		}
		words += " " + arguments[i]
	}
}

// foreign are the programs of which all commands are in the list.
var foreign = []string{"eksctl", "gcloud", "az", "skopeo", "vault", "htpasswd", "jq", "go", "terraform", "helm"}

// ordinary are programs that run as they are.
var ordinary = []string{"cat", "cut", "mkdir", "rm", "cp", "sed", "tr", "head", "base64", "date", "diff", "ls", "chmod", "true"}
