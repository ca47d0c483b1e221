package main

import (
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// contextName names cluster, user and context in the kubeconfig. Users see it in
// their shell prompt, so it says what they are about to change.
const contextName = "playground"

// writeKubeconfig writes the administrator's kubeconfig. All keys are inside the
// file, so that it can be copied, and nobody but the owner may read it. It appears
// in one piece: a reader sees the old one or the new one.
func writeKubeconfig(path, server string, certificates *certificates) error {
	config := clientcmdapi.NewConfig()
	config.Clusters[contextName] = &clientcmdapi.Cluster{
		Server:                   server,
		CertificateAuthorityData: certificates.caCertificate,
	}
	config.AuthInfos[contextName] = &clientcmdapi.AuthInfo{
		ClientCertificateData: certificates.adminCertificate,
		ClientKeyData:         certificates.adminKey,
	}
	config.Contexts[contextName] = &clientcmdapi.Context{Cluster: contextName, AuthInfo: contextName}
	config.CurrentContext = contextName

	unfinished := path + ".new"
	if err := clientcmd.WriteToFile(*config, unfinished); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return nil
}

// adminConfig reads the kubeconfig back as a client configuration. Requests are not
// throttled by the client: the API server is in the same process.
func adminConfig(kubeconfig, userAgent string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	config.QPS = -1
	config.UserAgent = userAgent
	return config, nil
}
