namespace Skep.Agent.Configuration;

/// <summary>What a setting takes.</summary>
public enum SettingKind
{
    /// <summary>One value.</summary>
    Value,

    /// <summary>True or false.</summary>
    Switch,

    /// <summary>Any number of values.</summary>
    List,
}
