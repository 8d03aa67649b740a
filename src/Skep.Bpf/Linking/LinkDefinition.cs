namespace Skep.Bpf;

/// <summary>A global definition: the object and the part of it that has a name.</summary>
sealed record LinkDefinition(LinkInput Input, SymbolKind Kind, string Name, bool IsWeak)
{
    public FunctionSpec Function => Input.Spec.Functions[Name];

    public VariableSpec Variable => Input.Spec.Variables[Name];

    public MapSpec Map => Input.Spec.Maps[Name];

    public string Describe() => $"{Kind.ToString().ToLowerInvariant()} in '{Input.Name}'";
}
