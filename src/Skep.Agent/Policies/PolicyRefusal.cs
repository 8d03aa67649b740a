namespace Skep.Agent.Policies;

/// <summary>Why a wish about policies cannot be met.</summary>
enum PolicyRefusal
{
    /// <summary>The policy has errors.</summary>
    Invalid,

    /// <summary>This kernel cannot give it.</summary>
    NotSupported,

    /// <summary>There is no such policy.</summary>
    NotFound,

    /// <summary>There is a policy of this name.</summary>
    Exists,

    /// <summary>It cannot be done to this one.</summary>
    NotAllowed,

    /// <summary>It is done, but the next start of the agent will not know.</summary>
    NotKept,
}
