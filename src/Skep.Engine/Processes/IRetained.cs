namespace Skep.Engine.Processes;

/// <summary>An object that can tell what it costs to keep; for <see cref="ProcessInfo.Printed"/>.</summary>
public interface IRetained
{
    /// <summary>Bytes of it and of what it alone refers to.</summary>
    int RetainedBytes { get; }
}
