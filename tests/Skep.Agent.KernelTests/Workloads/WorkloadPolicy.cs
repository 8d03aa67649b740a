namespace Skep.Agent.KernelTests.Workloads;

/// <summary>A policy about some workloads that open a file which nobody else asks for.</summary>
static class WorkloadPolicy
{
    /// <summary>The file: tests may run more than once on this machine.</summary>
    public static string Mark { get; } = $"/skep-mark-{Environment.ProcessId}";

    /// <param name="selectors">podSelector, containerSelector, hostSelector.</param>
    /// <param name="action">What happens to who opens it.</param>
    /// <param name="ns">Namespace of a namespaced policy; null for one of the cluster.</param>
    public static string Of(string selectors, string action = "Post", string? ns = null) => $$"""
        apiVersion: cilium.io/v1alpha1
        kind: {{(ns is null ? "TracingPolicy" : "TracingPolicyNamespaced")}}
        metadata:
          name: workloads
          {{(ns is null ? "" : $"namespace: {ns}")}}
        spec:
          {{selectors}}
          kprobes:
          - call: sys_openat
            syscall: true
            args:
            - {index: 1, type: string}
            selectors:
            - matchArgs:
              - {index: 1, operator: Equal, values: ["{{Mark}}"]}
              matchActions:
              - {action: {{action}}}
        """;
}
