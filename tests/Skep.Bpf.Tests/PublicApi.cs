using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Skep.Bpf.Tests;

/// <summary>The public surface of an assembly as text: one line a type or member, in a stable order.</summary>
static class PublicApi
{
    const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    static readonly string[] s_recordMembers = ["Equals", "GetHashCode", "ToString", "PrintMembers", "<Clone>$", "op_Equality", "op_Inequality", "Deconstruct"];

    static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void", [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort",
        [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(char)] = "char", [typeof(float)] = "float",
        [typeof(double)] = "double", [typeof(string)] = "string", [typeof(object)] = "object",
    };

    public static IReadOnlyList<string> Of(Assembly assembly)
    {
        var lines = new List<string>();
        foreach (var type in assembly.GetExportedTypes()) Add(type, lines);
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    static void Add(Type type, List<string> lines)
    {
        var name = Name(type, qualified: true);
        lines.Add($"{name} ({Kind(type)}){Bases(type)}");
        if (type.IsEnum)
        {
            foreach (var value in Enum.GetNames(type)) lines.Add($"{name}.{value} = {Convert.ToDecimal(Enum.Parse(type, value), CultureInfo.InvariantCulture)}");
            return;
        }
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            lines.Add($"{name}.Invoke{Parameters(type.GetMethod("Invoke")!)} -> {Name(type.GetMethod("Invoke")!.ReturnType)}");
            return;
        }
        foreach (var member in type.GetMembers(Declared)) AddMember(name, member, lines);
    }

    static void AddMember(string type, MemberInfo member, List<string> lines)
    {
        switch (member)
        {
            case FieldInfo { IsSpecialName: false } field when IsVisible(field):
                lines.Add($"{type}.{field.Name} -> {(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{Name(field.FieldType)}");
                break;
            case PropertyInfo property when Accessors(property) is { Length: > 0 } accessors:
                var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(p => Name(p.ParameterType)))}]" : "";
                lines.Add($"{type}.{property.Name}{index} {{ {accessors}}} -> {Static(property.GetAccessors(nonPublic: true)[0])}{Name(property.PropertyType)}");
                break;
            case EventInfo happening when happening.AddMethod is { } add && IsVisible(add):
                lines.Add($"{type}.{happening.Name} (event) -> {Name(happening.EventHandlerType!)}");
                break;
            case ConstructorInfo constructor when IsVisible(constructor) && !IsCopy(constructor):
                lines.Add($"{type}..ctor{Parameters(constructor)}");
                break;
            case MethodInfo method when IsVisible(method) && !IsGenerated(method):
                var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
                lines.Add($"{type}.{method.Name}{generic}{Parameters(method)} -> {Static(method)}{Name(method.ReturnType)}");
                break;
        }
    }

    static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    static bool IsCopy(ConstructorInfo constructor) =>
        constructor.GetParameters() is [var only] && only.ParameterType == constructor.DeclaringType && constructor.IsDefined(typeof(CompilerGeneratedAttribute));

    static bool IsGenerated(MethodInfo method) =>
        method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal)
        || method.IsDefined(typeof(CompilerGeneratedAttribute)) && s_recordMembers.Contains(method.Name)
        || method.Name is "Equals" or "GetHashCode" or "ToString"
        || method.Name.Contains('<', StringComparison.Ordinal);

    static string Accessors(PropertyInfo property)
    {
        if (property.Name == "EqualityContract") return "";
        var text = new StringBuilder();
        if (property.GetMethod is { } get && IsVisible(get)) text.Append("get; ");
        if (property.SetMethod is { } set && IsVisible(set))
        {
            text.Append(set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ");
        }
        return text.ToString();
    }

    static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
        { IsValueType: true } => type.IsByRefLike ? "ref struct" : "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    static string Bases(Type type)
    {
        if (type.IsEnum) return $" : {Name(Enum.GetUnderlyingType(type))}";
        if (type.BaseType is null || type.IsValueType || typeof(Delegate).IsAssignableFrom(type) || type.BaseType == typeof(object)) return "";
        return $" : {Name(type.BaseType)}";
    }

    static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    static string Parameters(MethodBase method) => $"({string.Join(", ", method.GetParameters().Select(Parameter))})";

    static string Parameter(ParameterInfo parameter)
    {
        var direction = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? parameter.IsIn ? "in " : "ref " : "";
        return $"{direction}{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "default") : "")}";
    }

    static string Name(Type type) => Name(type, qualified: false);

    static string Name(Type type, bool qualified)
    {
        if (type.IsByRef) return Name(type.GetElementType()!);
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (type.IsGenericParameter) return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Name(underlying) + "?";
        if (s_keywords.TryGetValue(type, out var keyword)) return keyword;
        var name = type.Name.Split('`')[0];
        if (type.IsGenericType) name += $"<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
        if (type.DeclaringType is { } outer) return $"{Name(outer, qualified)}.{name}";
        return qualified ? $"{type.Namespace}.{name}" : name;
    }
}
