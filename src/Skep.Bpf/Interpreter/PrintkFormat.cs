using System.Globalization;
using System.Text;

namespace Skep.Bpf.Interpreter;

/// <summary>The formats of <c>bpf_trace_printk</c> that programs use: %d, %i, %u, %x, %p with h, l and ll, %s, %c and %%.</summary>
static class PrintkFormat
{
    public static string Format(in HelperCall call, string format)
    {
        var output = new StringBuilder();
        var argument = 3;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                output.Append(format[i]);
                continue;
            }
            var longs = 0;
            while (++i < format.Length && (format[i] is 'l' or 'h' or 'z' or '#' || char.IsAsciiDigit(format[i])))
            {
                if (format[i] is 'l' or 'z') longs++;
            }
            if (i >= format.Length) break;
            if (format[i] == '%')
            {
                output.Append('%');
                continue;
            }
            if (argument > 5) throw call.Machine.Fault(FaultKind.InvalidArgument, "more than three arguments to print");
            var value = call[argument];
            output.Append(format[i] switch
            {
                'd' or 'i' => (longs > 0 ? (long)value : (int)value).ToString(CultureInfo.InvariantCulture),
                'u' => (longs > 0 ? value : (uint)value).ToString(CultureInfo.InvariantCulture),
                'x' => (longs > 0 ? value : (uint)value).ToString("x", CultureInfo.InvariantCulture),
                'p' => value.ToString("x16", CultureInfo.InvariantCulture),
                'c' => ((char)(byte)value).ToString(),
                's' => call.Text(argument, 512),
                var other => throw call.Machine.Fault(FaultKind.NotSupported, $"format %{other}"),
            });
            argument++;
        }
        return output.ToString();
    }
}
