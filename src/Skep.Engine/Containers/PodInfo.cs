namespace Skep.Engine.Containers;

/// <summary>The Kubernetes pod of a container, as far as the runtime knows it.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid; empty when not known.</param>
public sealed record PodInfo(string Namespace, string Name, string Uid);
