using System.Runtime.InteropServices;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Policies;

/// <summary>What policies refer to on the machine that they are for.</summary>
public sealed record TranslationOptions
{
    /// <summary>The inode of the host's namespace of a kind; null when it is not known. By default that of process 1 or, where that may not be looked at, the kernel's first one.</summary>
    public Func<NamespaceKind, uint?> HostNamespace { get; init; } = HostFacts.Namespace;

    /// <summary>The kernel's traceable functions that a regular expression finds. By default tracefs is asked.</summary>
    public Func<string, IEnumerable<string>> KernelFunctions { get; init; } = HostFacts.Functions;

    /// <summary>Whose system calls are meant.</summary>
    public Architecture Architecture { get; init; } = RuntimeInformation.ProcessArchitecture;
}
