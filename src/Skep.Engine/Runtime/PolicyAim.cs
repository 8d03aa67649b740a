using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>A policy that looks at a process: nothing that it asks about processes and workloads rules this one out.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="IsCertain">Whether all of that is known to be met; else the kernel may rule it out by what user space does not know.</param>
public readonly record struct PolicyAim(Policy Policy, bool IsCertain);
