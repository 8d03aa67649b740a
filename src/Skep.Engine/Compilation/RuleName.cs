namespace Skep.Engine.Compilation;

/// <summary>Which rule of which policy: the same in every generation that has it.</summary>
/// <param name="Namespace">The policy's namespace.</param>
/// <param name="Policy">Its name.</param>
/// <param name="Section">The hook as it is attached.</param>
/// <param name="Request">Place of the request in the policy.</param>
/// <param name="Rule">Place of the rule in the request.</param>
readonly record struct RuleName(string Namespace, string Policy, string Section, int Request, int Rule)
{
    /// <summary>A number for it.</summary>
    public ulong Hash => StableHash.Of($"{Namespace}/{Policy}\n{Section}\n{Request}\n{Rule}");
}
