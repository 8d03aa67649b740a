using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>A loaded policy as it stands.</summary>
public sealed class PolicyState
{
    internal PolicyState(Policy policy, int index) => (Policy, Index, Mode) = (policy, index, policy.Mode);

    /// <summary>The policy.</summary>
    public Policy Policy { get; }

    /// <summary>Whether it acts; see <see cref="SkepEngine.SetMode"/>.</summary>
    public PolicyMode Mode { get; internal set; }

    /// <summary>Events that it has had.</summary>
    public long Events { get; internal set; }

    /// <summary>Place of its mode in the kernel's table.</summary>
    internal int Index { get; }
}
