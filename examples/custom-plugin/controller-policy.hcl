# What the controller's Vault token needs for the plugin VaultKubernetesRole, and no more.
path "auth/kubernetes/role/kubeflow.*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "sys/policies/acl/*" {
  capabilities = ["read"]
}
