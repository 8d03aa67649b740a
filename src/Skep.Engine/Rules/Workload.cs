namespace Skep.Engine.Rules;

/// <summary>A choice of containers, or the host, by what the orchestrator or runtime knows of them. A null part does not restrict.</summary>
/// <param name="Namespace">The pod's namespace; empty for all.</param>
/// <param name="Pods">Labels of pods.</param>
/// <param name="Containers">Properties of containers: <c>name</c>, <c>repo</c>.</param>
/// <param name="IncludesHost">Whether processes outside of containers are meant.</param>
public sealed record Workload(string Namespace, LabelSelector? Pods, LabelSelector? Containers, bool IncludesHost);
