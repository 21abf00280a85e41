// The API's pages: what FastAPI would write into the page itself, where no policy allows it to run.
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'none', // with every operation open a browser draws for half a minute
  defaultModelsExpandDepth: -1,
  showExtensions: true,
  showCommonExtensions: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
