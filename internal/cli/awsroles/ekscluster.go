package awsroles

import "regexp"

// EKSCluster is what the name of a kubeconfig's cluster tells about it. What it does not tell is
// empty.
type EKSCluster struct{ Name, Region, Account string }

// aws eks update-kubeconfig names clusters by their ARN, eksctl as NAME.REGION.eksctl.io.
var (
	clusterARN    = regexp.MustCompile(`^arn:aws[a-z-]*:eks:([a-z0-9-]+):([0-9]{12}):cluster/([A-Za-z0-9_-]+)$`)
	eksctlCluster = regexp.MustCompile(`^([A-Za-z0-9-]+)\.([a-z0-9-]+)\.eksctl\.io$`)
)

// EKSClusterNamed reads the name of a kubeconfig's cluster.
func EKSClusterNamed(name string) EKSCluster {
	if parts := clusterARN.FindStringSubmatch(name); parts != nil {
		return EKSCluster{Name: parts[3], Region: parts[1], Account: parts[2]}
	}
	if parts := eksctlCluster.FindStringSubmatch(name); parts != nil {
		return EKSCluster{Name: parts[1], Region: parts[2]}
	}
	return EKSCluster{}
}
