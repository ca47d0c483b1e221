locals {
  controller_account = "profiles-controller-service-account"
}

# The controller's own role is not below the path of those that it may edit: whoever can edit
# its trust policy can become the controller.
resource "aws_iam_role" "controller" {
  name                 = coalesce(var.controller_role_name, "${var.cluster_name}-profiles-controller")
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
