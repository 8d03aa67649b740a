using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>Our structs for system calls against the types of the running kernel.</summary>
public class InteropLayoutTests
{
    [KernelFact]
    public void Structs_for_system_calls_have_the_kernels_layout()
    {
        var compared = 0;
        var differences = new List<string>();
        foreach (var (name, kernelName, fields) in Layouts())
        {
            var managed = typeof(Btf).Assembly.GetType($"Skep.Bpf.Interop.{name}", throwOnError: true)!;
            if (!Btf.Kernel.TryFind(kernelName, BtfKind.Union, out var type)) Btf.Kernel.TryFind(kernelName, BtfKind.Struct, out type).ShouldBeTrue(kernelName);
            foreach (var (field, path) in fields)
            {
                // What an older kernel does not have, it ignores while it is zero.
                if (!BtfLayout.TryFind(type, path, out var location)) continue;
                compared++;
                var (offset, size) = Place(managed, field);
                if (location.BitOffset != (ulong)offset * 8) differences.Add($"{name}.{field} is at {offset}, the kernel has {path} at {location.BitOffset / 8}");
                else if (location.BitfieldSize == 0 && Btf.Kernel.SizeOf(location.TypeId) != (ulong)size) differences.Add($"{name}.{field} has {size} bytes, the kernel's {path} has {Btf.Kernel.SizeOf(location.TypeId)}");
            }
        }
        differences.ShouldBeEmpty();
        compared.ShouldBeGreaterThan(150);
    }

    [KernelFact]
    public void Every_struct_for_system_calls_is_compared_in_full()
    {
        var listed = Layouts().ToDictionary(layout => layout.Name, layout => layout.Fields.Select(field => field.Managed.Split('.')[0]).ToHashSet());
        foreach (var type in typeof(Btf).Assembly.GetTypes())
        {
            if (type.Namespace != "Skep.Bpf.Interop" || type.IsNested || !type.Name.EndsWith("Attr", StringComparison.Ordinal)) continue;
            listed.Keys.ShouldContain(type.Name);
        }
        foreach (var (name, fields) in listed)
        {
            var type = typeof(Btf).Assembly.GetType($"Skep.Bpf.Interop.{name}")!;
            foreach (var field in Fields(type)) fields.ShouldContain(field.Name, name);
        }
    }

    static FieldInfo[] Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

    static (int Offset, int Size) Place(Type type, string path)
    {
        var offset = 0;
        foreach (var part in path.Split('.'))
        {
            offset += (int)Marshal.OffsetOf(type, part);
            type = type.GetField(part)!.FieldType;
        }
        return (offset, type.IsEnum ? Marshal.SizeOf(Enum.GetUnderlyingType(type)) : RuntimeHelpers.SizeOf(type.TypeHandle));
    }

    static IEnumerable<(string Name, string Kernel, List<(string Managed, string Kernel)> Fields)> Layouts()
    {
        (string, string, List<(string, string)>)? current = null;
        foreach (var line in InteropLayouts.Text.Split('\n'))
        {
            if (line.Length == 0) continue;
            if (!line.StartsWith(' '))
            {
                if (current is { } done) yield return done;
                current = (line.Split(" = ")[0], line.Split(" = ")[1], []);
                continue;
            }
            foreach (var pair in line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) current!.Value.Item3.Add((pair.Split('=')[0], pair.Split('=')[1]));
        }
        if (current is { } last) yield return last;
    }
}
