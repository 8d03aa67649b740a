using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>An exception of a rule: fields, operators, and the values for which the rule is silent.</summary>
sealed class ExceptionInfo(string name, LoadContext context)
{
    public string Name { get; } = name;

    public LoadContext Context { get; } = context;

    /// <summary>Whether <c>fields</c> is a list; one field by itself has other rules.</summary>
    public bool IsList { get; set; }

    public List<string> Fields { get; set; } = [];

    public List<string> Comparisons { get; set; } = [];

    public List<YamlNode> Values { get; } = [];
}
