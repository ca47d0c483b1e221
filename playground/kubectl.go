package main

import (
	"k8s.io/component-base/cli"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
)

// kubectlName is the name under which this program is kubectl.
const kubectlName = "kubectl"

// kubectl is Kubernetes' own client, of the same version as the control plane, for machines
// that have none. It reads the command line and returns when the command went well; otherwise
// it ends the process as kubectl does.
func kubectl() {
	kubectlutil.CheckErr(cli.RunNoErrOutput(kubectlcmd.NewDefaultKubectlCommand()))
}
