locals {
  controller_account   = "profiles-controller-service-account"
  controller_role_name = coalesce(var.controller_role_name, "${var.cluster_name}-profiles-controller")
}

# The controller's own role is not below the path of those that it may edit: whoever can edit
# its trust policy can become the controller.
resource "aws_iam_role" "controller" {
  name                 = local.controller_role_name
  description          = "Lets the profile controller of ${var.cluster_name} put service accounts into the trust policies of Profiles' roles."
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "${local.issuer}:aud" = var.audience
        "${local.issuer}:sub" = "system:serviceaccount:${var.namespace}:${local.controller_account}"
      } }
    }]
  })

  lifecycle {
    precondition {
      condition     = length(local.controller_role_name) <= 64
      error_message = "The name of the controller's role is longer than the 64 characters that IAM allows: set controller_role_name."
    }

    # Names of roles are one to an account, whatever their paths and the case of their letters.
    precondition {
      condition     = !contains([for name in values(local.role_names) : lower(name)], lower(local.controller_role_name))
      error_message = "A Profile's role would have the name of the controller's, ${local.controller_role_name}: set the Profile's role_name, or controller_role_name."
    }
  }
}

resource "aws_iam_role_policy" "controller" {
  name = "edit-trust-policies-of-profiles"
  role = aws_iam_role.controller.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["iam:GetRole", "iam:UpdateAssumeRolePolicy"]
      Resource = "arn:${local.partition}:iam::${local.account}:role${local.path}*"
    }]
  })
}
