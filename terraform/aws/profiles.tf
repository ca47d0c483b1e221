locals {
  role_names = { for profile, p in var.profiles : profile => coalesce(p.role_name, "${var.cluster_name}-${profile}") }
}

# One role for each Profile, closed from the first moment: its trust policy names the accounts
# that may have it.
resource "aws_iam_role" "profile" {
  for_each = var.profiles

  name                 = local.role_names[each.key]
  path                 = local.path
  description          = "For the pods of the Profile ${each.key} in ${var.cluster_name}."
  permissions_boundary = var.permissions_boundary

  # The last one is what the controller goes by with -aws-require-role-tag.
  tags = merge(var.tags, each.value.tags, { "kubeflow.org/profile" = each.key })

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "${local.issuer}:aud" = var.audience
        "${local.issuer}:sub" = [for account in each.value.service_accounts : "system:serviceaccount:${each.key}:${account}"]
      } }
    }]
  })

  lifecycle {
    # From here on the controller lets the Profile's accounts in and out. Without this, each
    # apply would put back what it has taken out.
    ignore_changes = [assume_role_policy]

    precondition {
      condition     = length(local.role_names[each.key]) <= 64
      error_message = "The role's name for the Profile ${each.key} is longer than the 64 characters that IAM allows: set role_name."
    }
    precondition {
      condition     = length([for name in values(local.role_names) : name if lower(name) == lower(local.role_names[each.key])]) == 1
      error_message = "Another Profile's role is called ${local.role_names[each.key]}, too, and IAM does not tell large letters from small ones: set another role_name."
    }
  }
}

locals {
  # By names that are known before anything is made; the ARNs may be those of policies that are
  # made in the same run.
  attachments = merge([for profile, p in var.profiles : { for name, arn in p.policies : "${profile}/${name}" => { profile = profile, arn = arn } }]...)
  inline      = merge([for profile, p in var.profiles : { for name, document in p.inline_policies : "${profile}/${name}" => { profile = profile, name = name, document = document } }]...)
}

resource "aws_iam_role_policy_attachment" "profile" {
  for_each = local.attachments

  role       = aws_iam_role.profile[each.value.profile].name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy" "profile" {
  for_each = local.inline

  name   = each.value.name
  role   = aws_iam_role.profile[each.value.profile].name
  policy = each.value.document
}
