namespace Skep.Engine.Rules;

/// <summary>Where a value starts.</summary>
public enum ValueSource
{
    /// <summary>The hook's argument at <see cref="ValueSpec.Index"/>, or the tracepoint's field at that place of its format.</summary>
    Argument,

    /// <summary>What the function or system call returned.</summary>
    Returned,

    /// <summary>The current <c>struct task_struct</c>.</summary>
    CurrentTask,

    /// <summary>Which of many it is, at a hook of many: the number of the system call, or the place of the function in the set.</summary>
    Call,

    /// <summary>The register named by <see cref="ValueSpec.Path"/>.</summary>
    Register,
}
