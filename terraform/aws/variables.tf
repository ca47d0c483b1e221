variable "cluster_name" {
  description = "Name of the EKS cluster."
  type        = string
}

variable "create_oidc_provider" {
  description = "Whether to make the IAM identity provider for the cluster's token issuer. There is one for each cluster and account; leave it false where eksctl or another module has made it."
  type        = bool
  default     = false
}

variable "namespace" {
  description = "Namespace of the profile controller: profiles-system, or kubeflow in a Kubeflow installation."
  type        = string
  default     = "profiles-system"
}

variable "controller_role_name" {
  description = "Name of the controller's role. By default the cluster's name and -profiles-controller."
  type        = string
  default     = null
}

variable "path" {
  description = "Path of the Profiles' roles. The controller may edit the roles below it and no others, so nothing else should be there. By default /profiles/ and the cluster's name."
  type        = string
  default     = null

  validation {
    condition     = var.path == null || can(regex("^/([A-Za-z0-9_+=,.@-]+/)+$", var.path))
    error_message = "The path begins and ends with a slash and names something between them, as in /profiles/; with / alone the controller could edit every role of the account."
  }
}

variable "profiles" {
  description = "The roles to make, by the names of their Profiles. policies are the ARNs of managed policies, and inline_policies documents, both by a name of your choice; service_accounts are those of the plugin's settings; role_name is by default the cluster's name, a hyphen and the Profile's."
  type = map(object({
    policies         = optional(map(string), {})
    inline_policies  = optional(map(string), {})
    service_accounts = optional(list(string), ["default-editor"])
    role_name        = optional(string)
    tags             = optional(map(string), {})
  }))
  default = {}

  validation {
    condition     = length([for name in keys(var.profiles) : name if !can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", name))]) == 0
    error_message = "The keys are names of Profiles: at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }

  validation {
    condition     = length([for p in values(var.profiles) : p if length(p.service_accounts) == 0 || length([for a in p.service_accounts : a if !can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", a))]) > 0]) == 0
    error_message = "Each Profile names at least one service account, by its whole name: a trust policy with no account, or with a wildcard, would open the role to others."
  }
}

variable "audience" {
  description = "Audience of the tokens."
  type        = string
  default     = "sts.amazonaws.com"
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all roles. By default they have none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
