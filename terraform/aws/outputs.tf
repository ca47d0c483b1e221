output "controller_role_arn" {
  description = "ARN of the controller's role, for the annotation eks.amazonaws.com/role-arn of profiles-controller-service-account."
  value       = aws_iam_role.controller.arn
}

output "profile_role_arns" {
  description = "ARNs of the Profiles' roles, by the names of the Profiles, for awsIamRole."
  value       = { for name, role in aws_iam_role.profile : name => role.arn }
}

output "helm_values" {
  description = "Values for the chart kfprofiles: the annotations, and that the controller opens only roles with the tag."
  value = yamlencode({
    serviceAccount = { annotations = merge(
      { "eks.amazonaws.com/role-arn" = aws_iam_role.controller.arn },
      # EKS asks for tokens for STS by itself.
      var.audience == "sts.amazonaws.com" ? {} : { "eks.amazonaws.com/audience" = var.audience },
    ) }
    controller = { extraArgs = ["-aws-require-role-tag"] }
  })
}
