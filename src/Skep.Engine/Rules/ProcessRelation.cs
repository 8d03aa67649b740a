namespace Skep.Engine.Rules;

/// <summary>Whose property a process condition looks at.</summary>
public enum ProcessRelation
{
    /// <summary>The process itself.</summary>
    Self,

    /// <summary>The process that forked it.</summary>
    Parent,

    /// <summary>The process or any ancestor: what an executable starts belongs to it.</summary>
    SelfOrAncestor,

    /// <summary>Any ancestor, but not the process itself.</summary>
    Ancestor,
}
